module.exports = {
  output: {
    libraryTarget: "amd",
  },
  entry: "./a.js",
  name: "amd",
};
