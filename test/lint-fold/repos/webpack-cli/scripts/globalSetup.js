const { version } = require("webpack");

module.exports = () => console.log(`\n Running tests for webpack @${version} \n`);
