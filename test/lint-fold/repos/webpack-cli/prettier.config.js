module.exports = {
  printWidth: 100,
  trailingComma: "all",
};
