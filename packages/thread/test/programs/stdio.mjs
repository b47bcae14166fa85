// Output that goes to streams of the thread object, or nowhere.
import { Thread } from '@x/thread';

function print() {
  console.log('to out');
  console.error('to err');
}
const quiet = new Thread({ target: print, stdio: 'ignore' });
quiet.start();
quiet.join();
const piped = new Thread({ target: print, stdio: 'pipe' });
piped.start();
const texts = await Promise.all(
  [piped.stdout, piped.stderr].map(async (stream) => {
    let text = '';
    for await (const part of stream ?? []) text += String(part);
    return text.trim();
  }),
);
console.log('piped:', texts.join(' / '));
// Nobody reads what it prints, which is more than is kept for a reader.
const unread = new Thread({
  stdio: 'pipe',
  target: async () => {
    const { Thread } = await import('@x/thread');
    const endless = () => {
      for (;;);
    };
    new Thread({
      daemon: process.argv[2] === 'daemon',
      target: process.argv[2] === 'daemon' ? endless : () => undefined,
    }).start();
    console.log('x'.repeat(100_000));
  },
});
unread.start();
unread.join();
const lingering = new Thread({
  stdio: 'pipe',
  // It lives on as long as its daemon does.
  target: async () => {
    const { Thread } = await import('@x/thread');
    new Thread({
      daemon: true,
      target: () => {
        for (;;);
      },
    }).start();
    console.log('x'.repeat(100_000));
  },
});
lingering.start();
let length = 0;
lingering.stdout?.on('data', (part) => (length += part.length));
process.on('exit', () => console.log('piped in the end:', length));
console.log('done');
