module.exports = (name) => {
  return {
    version: "1.0.0",
    description: "webpack loader",
    name,
  };
};
