import { createAgent, KeepAlive, type Agent, type Member } from '@x/core';
import { Interrupted } from './options.js';
import type { Thread } from './thread.js';

/** What `Agent.slice` is in a model: no time-out of a test is as long. */
export const SLICE = 1e9;

const NO_LOOP = { keepAlive: () => () => undefined };

/** The state of a virtual thread that has just begun. */
export function agentOf(thread: Thread, member: Member, interruptible: boolean): Agent {
  const agent: Agent = {
    ...createAgent(),
    keepAlive: new KeepAlive(NO_LOOP),
    slice: SLICE,
    spins: 0,
    home: member,
  };
  agent.members.set(member.realm.identity, member);
  if (interruptible) agent.interruption = () => new Interrupted(`${thread.name} was interrupted`);
  return agent;
}
