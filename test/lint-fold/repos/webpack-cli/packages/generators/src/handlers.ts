import * as defaultHandler from "./handlers/default";
import * as reactHandler from "./handlers/react";

export default {
  default: defaultHandler,
  react: reactHandler,
};
