// Loaded before a program: its event loop is blocked nearly all of the time from then on.
const word = new Int32Array(new SharedArrayBuffer(4));
const block = () => {
  Atomics.wait(word, 0, 0, 40);
  setTimeout(block, 0).unref();
};
setTimeout(block, 0).unref();
