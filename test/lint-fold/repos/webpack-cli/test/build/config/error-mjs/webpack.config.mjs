export default {
  name: "config-error",
  mode: "unknown", //error
  target: "node",
};
