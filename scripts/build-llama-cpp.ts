/**
 * npm run build:llama-cpp: builds the peer below .cache, 10 to 20 minutes on two cores, and prints
 * its folder. Needs python3 with venv, tar and a C++ compiler.
 */
import { buildLlamaCpp } from '../bench/llama-cpp.ts';

console.log(buildLlamaCpp());
