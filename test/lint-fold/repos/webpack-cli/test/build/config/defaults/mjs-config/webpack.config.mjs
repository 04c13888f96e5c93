export default {
  mode: "development",
  output: {
    filename: "test-output.js",
  },
};
