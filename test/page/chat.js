// chat.js ADDRESS GATEWAY - asks by the page at ADDRESS, which is of another origin than the gateway, in Chromium, and prints
// a line of JSON: what it shows after each piece of the answer, and what it said on the console.
import { withBrowser } from './browser.js';

const [address, gateway] = process.argv.slice(2);
await withBrowser(async (browser) => {
    await browser.shape(390, 'light');
    await browser.go(address);
    await browser.value(`(() => { document.getElementById('gateway').value = ${JSON.stringify(gateway)};
        window.steps = [];
        new MutationObserver(() => window.steps.push(document.getElementById('answer').textContent))
            .observe(document.getElementById('answer'), { childList: true });
        document.getElementById('question').value = 'one two three four five six';
        document.getElementById('form').requestSubmit(); })()`);
    await browser.until(`!document.getElementById('told').textContent.startsWith('request') ? document.getElementById('told').textContent !== ''
        : document.getElementById('stop').disabled`);
    console.log(JSON.stringify({ ...await browser.value(`({ steps: window.steps, answer: document.getElementById('answer').textContent,
        told: document.getElementById('told').textContent, wide: document.documentElement.scrollWidth })`), said: browser.said() }));
});
