/** A process of its own that says how many milliseconds the import of its argument takes. */
const specifier = process.argv[2]!;
const began = performance.now();
await import(specifier);
console.log(performance.now() - began);
process.exit(0);
