/** How many threads the machine runs at once. */
export function availableParallelism(): number {
  // Node has it since 21; before, it is what os.availableParallelism says.
  const { navigator, process } = globalThis as {
    navigator?: { hardwareConcurrency?: number };
    process?: { getBuiltinModule?: (name: 'node:os') => typeof import('node:os') };
  };
  return process?.getBuiltinModule?.('node:os').availableParallelism() ?? navigator?.hardwareConcurrency ?? 4;
}
