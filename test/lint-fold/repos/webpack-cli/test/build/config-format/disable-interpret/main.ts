console.log("Main typescript file");
