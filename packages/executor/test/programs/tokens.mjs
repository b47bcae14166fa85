import { registerClass } from '@x/core';

class Token {
  n = 0;

  /** @param {number} n */
  constructor(n) {
    this.n = n;
  }
}

registerClass(Token, { toState: ({ n }) => n, fromState: (n) => new Token(n) }, 'executor/test/Token');

/** Takes long enough for its submitter to have looked meanwhile. @param {number} n */
export async function tokenLater(n) {
  await new Promise((resolve) => setTimeout(resolve, 60));
  return new Token(n);
}
