export default handlebars;
