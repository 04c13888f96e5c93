/* globals newfunction */
"use strict";

newfunction();
