/** What TypeDoc does not look for: public classes and functions without an example, properties without a docstring. */
import { ReflectionKind } from 'typedoc';

/** @typedef {import('typedoc').Models.DeclarationReflection} Declaration */

/**
 * What the packages use among each other and nobody else has a use for: how a thread joins a realm, how targets and
 * bytes travel, how cycles of waits are found. Their docstrings say what they do; a guide shows the parts that one builds
 * a primitive of.
 */
const MACHINERY = new Set(
  `
  agent createAgent enter exchangeAgent home join leave Member Realm KeepAlive epochNow isThreadId
  isWire keepInstance findInstance sharedInstances findKind kindModules explainCloneError explainError
  confirmDeadlock describeCycle findCycle readEdge waitNote
  at isPlace attachMemory claimMemory kindOf tagOf
  callerUrl captureTarget checkTarget heldReference isTargetReference exposeTargets resolveTarget resolveTargetNow
  substitute
  `
    .trim()
    .split(/\s+/),
);

/** Nobody makes one: they are the bases of classes, or come out of functions, which have the examples. */
const MADE_BY_OTHERS = new Set(['@x/queue.BaseQueue', '@x/executor.Results']);

/** @param {Declaration} declaration */
const hasExample = (declaration) =>
  [declaration, ...(declaration.signatures ?? [])].some(({ comment }) => comment?.getTag('@example'));

/** @param {Declaration} declaration */
function needsNone(declaration) {
  const name = declaration.getFullName();
  const fromCore = name.startsWith('@x/core');
  // How queues and executors put values into shared memory; a primitive of one's own may be built without.
  if (name.startsWith('@x/core/bytes.')) return true;
  // An error is caught; what throws it has the example.
  if (declaration.name.endsWith('Error') && declaration.kindOf(ReflectionKind.Class)) return true;
  return MADE_BY_OTHERS.has(name) || (fromCore && MACHINERY.has(declaration.name));
}

/** @param {import('typedoc').Models.ProjectReflection} project @returns {string[]} */
export function missingExamples(project) {
  return Object.values(project.reflections).flatMap((reflection) => {
    if (!reflection.isDeclaration() || reflection.isReference()) return [];
    if (!reflection.kindOf([ReflectionKind.Class, ReflectionKind.Function])) return [];
    if (!reflection.parent?.kindOf([ReflectionKind.Module, ReflectionKind.Project])) return [];
    return needsNone(reflection) || hasExample(reflection) ? [] : [reflection.getFullName()];
  });
}

/**
 * Properties of public classes and interfaces without a docstring. What a member of an unnamed type means, says the docstring
 * of what has that type.
 * @param {import('typedoc').Models.ProjectReflection} project @returns {string[]}
 */
export function bareProperties(project) {
  return Object.values(project.reflections)
    .filter(
      (reflection) => reflection.kindOf(ReflectionKind.Property) && reflection.parent?.name !== '__type',
    )
    .filter((reflection) => reflection.isDeclaration() && !reflection.hasComment() && !inherits(reflection))
    .map((reflection) => reflection.getFullName());
}

/** Whether it comes from outside: `message` of an error. @param {Declaration} declaration */
const inherits = (declaration) => declaration.flags.isExternal || declaration.inheritedFrom !== undefined;
