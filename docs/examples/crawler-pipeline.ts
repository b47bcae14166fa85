/** A crawler in three stages: threads download pages, others look for links in them, main files the titles. */
import { Queue } from '@x/queue';
import { Thread } from '@x/thread';

interface Page {
  readonly url: string;
  readonly text: string;
}

/** Downloads what is in `urls`. Here a page is made up: page n links to 2n and 2n+1, and to page 1. */
async function download(urls: Queue<string>, pages: Queue<Page>, lastPage: number): Promise<void> {
  const { sleepAsync } = await import('@x/thread');
  for await (const url of urls) {
    const n = Number(url.slice('/page/'.length));
    await sleepAsync(1);
    const links = [2 * n, 2 * n + 1, 1].filter((link) => link <= lastPage);
    await pages.putAsync({ url, text: `Title ${n}\n${links.map((link) => `/page/${link}`).join('\n')}` });
  }
}

/** Finds links that nobody has seen yet, and passes the title on. */
async function parse(
  pages: Queue<Page>,
  urls: Queue<string>,
  titles: Queue<string>,
  seen: Int32Array,
): Promise<void> {
  for await (const { text } of pages) {
    const [title, ...links] = text.split('\n');
    await titles.putAsync(title!);
    for (const link of links) {
      const n = Number(link.slice('/page/'.length));
      if (Atomics.exchange(seen, n, 1) === 0) await urls.putAsync(link);
    }
    // Only now is the URL done: its links are in the queue, so that `join` cannot return too early.
    urls.taskDone();
  }
}

const LAST_PAGE = 100;
// The frontier must have no limit: parsers that wait for downloaders that wait for parsers would never end.
const urls = new Queue<string>(0, { name: 'urls' });
const pages = new Queue<Page>(8, { name: 'pages' });
const titles = new Queue<string>(0, { name: 'titles' });
const seen = new Int32Array(new SharedArrayBuffer(4 * (LAST_PAGE + 1)));

const threads = [
  ...[1, 2].map(() => new Thread({ target: download, args: [urls, pages, LAST_PAGE] })),
  ...[1, 2].map(() => new Thread({ target: parse, args: [pages, urls, titles, seen] })),
];
for (const thread of threads) thread.start();

seen[1] = 1;
urls.put('/page/1');
urls.join(); // until every URL is downloaded and parsed
for (const queue of [urls, pages, titles]) queue.shutdown(); // ends the loops
for (const thread of threads) thread.result();

const filed: string[] = [];
for await (const title of titles) filed.push(title);
filed.sort((a, b) => Number(a.slice(6)) - Number(b.slice(6)));
console.log(`${filed.length} pages, each once: ${new Set(filed).size === filed.length}`);
console.log(`From ${filed.at(0)} to ${filed.at(-1)}`);
