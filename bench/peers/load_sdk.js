// load_sdk.js URL SECONDS CONCURRENCY - the official SDK, closed loop for so long. Prints answers, failures, seconds taken.
import OpenAI from 'openai';

const [url, seconds, concurrency] = process.argv.slice(2);
const client = new OpenAI({ baseURL: url, apiKey: 'sk-peers', maxRetries: 0 });
const content = 'The package holds a program that reads descriptions. '.repeat(8);
const begin = Date.now();
const end = begin + Number(seconds) * 1000;
let ok = 0, failed = 0;

async function worker() {
  while (Date.now() < end) {
    try {
      const answer = await client.chat.completions.create({ model: 'm', messages: [{ role: 'user', content }] });
      if (answer.choices[0].message.content) ok++;
    } catch { failed++; }
  }
}

await Promise.all(Array.from({ length: Number(concurrency) }, worker));
console.log(ok, failed, (Date.now() - begin) / 1000);
