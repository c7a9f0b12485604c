#!/usr/bin/env node
"use strict";

// The command of the npm package, written so that Node 12 can read it: whoever has an old Node gets a sentence and no stack.

/** The first release of Node 24 with `startCpuProfile` of `node:v8`, which the debug pages take. */
var NEEDED = [24, 12];

// The signal would open an inspector, where anybody on this machine may run code in the process.
process.on("SIGUSR1", function () {});

if (isOld(process.versions.node.split(".").map(Number))) {
  process.stderr.write("headgate needs Node.js " + NEEDED.join(".") + " or newer, this is " + process.version + ".\n");
  process.exitCode = 1;
} else {
  start();
}

function isOld(version) {
  return version[0] < NEEDED[0] || (version[0] === NEEDED[0] && version[1] < NEEDED[1]);
}

function start() {
  var path = require("path");
  // In a clone the sources are what runs, so that nobody runs what was built yesterday.
  var source = path.join(__dirname, "../src/main.ts");
  var main = require("fs").existsSync(source) ? source : path.join(__dirname, "../dist/main.js");
  keepCompiledCode(path);
  import(require("url").pathToFileURL(main).href).catch(function (error) {
    process.stderr.write("headgate cannot start: " + (error && error.stack) + "\n");
    process.exitCode = 1;
  });
}

/** In a folder of this user alone: what is found there is run. Worker threads learn of it by the environment. */
function keepCompiledCode(path) {
  if (process.env.NODE_COMPILE_CACHE) return;
  var home = process.env.XDG_CACHE_HOME || path.join(require("os").homedir(), ".cache");
  var folder = path.join(home, "headgate", "compiled");
  require("module").enableCompileCache(folder);
  process.env.NODE_COMPILE_CACHE = folder;
}
