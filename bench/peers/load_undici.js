// load_undici.js URL SECONDS CONCURRENCY - undici, closed loop for so long. Prints answers, failures, seconds taken.
import { Pool } from 'undici';

const [url, seconds, concurrency] = process.argv.slice(2);
const { origin, pathname } = new URL(url + '/chat/completions');
const pool = new Pool(origin, { connections: Number(concurrency) });
const content = 'The package holds a program that reads descriptions. '.repeat(8);
const begin = Date.now();
const end = begin + Number(seconds) * 1000;
let ok = 0, failed = 0;

async function worker() {
  while (Date.now() < end) {
    try {
      const { body } = await pool.request({
        path: pathname, method: 'POST', headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content }] }),
      });
      const answer = await body.json();
      if (answer.choices[0].message.content) ok++; else failed++;
    } catch { failed++; }
  }
}

await Promise.all(Array.from({ length: Number(concurrency) }, worker));
console.log(ok, failed, (Date.now() - begin) / 1000);
await pool.close();
