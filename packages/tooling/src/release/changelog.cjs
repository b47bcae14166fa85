/**
 * How `changeset version` writes a changelog: the words of the changesets, for users. Left out are hashes of
 * commits, and the lines that say of each release that the siblings moved along, which they always do.
 */

module.exports = {
  /** @param {{ summary: string }} changeset */
  getReleaseLine: async ({ summary }) => {
    const [first = '', ...rest] = summary.trim().split('\n');
    return [`- ${first}`, ...rest.map((line) => (line ? `  ${line}` : ''))].join('\n');
  },
  getDependencyReleaseLine: async () => '',
};
