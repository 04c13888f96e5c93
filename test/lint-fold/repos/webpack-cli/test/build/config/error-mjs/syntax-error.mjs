export default {
    name: 'config-error',
    mode: 'development',
    target: 'node'; //SyntaxError: Unexpected token ';'
};
