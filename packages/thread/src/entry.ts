/**
 * The file that a thread's worker begins with: it runs the script that comes with the worker's data (boot.ts). Node runs
 * it as a module, or its text as a script; so it imports nothing, exports nothing, and leaves no name behind.
 */
{
  const program = process.getBuiltinModule('node:worker_threads').workerData as import('@x/core').ProgramData;
  const { source, url, path, code, data } = program;
  program.code = undefined;
  const names = globalThis as Record<string, unknown>;
  if (names['__filename'] === '[worker eval]') {
    // What Node gives to texts, and to no module.
    for (const name of ['__filename', '__dirname', 'module', 'exports', 'require'])
      Reflect.deleteProperty(names, name);
    process.argv[1] = path;
  }
  const { Script } = process.getBuiltinModule('node:vm');
  const script = new Script(source, { filename: url, cachedData: code });
  const main = script.runInThisContext() as (given: import('@x/core').ProgramMeans) => void;
  main({ data, importModule: (name) => import(name), makeCode: () => script.createCachedData() });
}
