"use strict";

window.scriptExecuted = true;
