module.exports = {
  rules: {
    'no-console': 0,
    'no-var': 0
  }
};
