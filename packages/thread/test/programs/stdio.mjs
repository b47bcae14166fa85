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
console.log('done');
