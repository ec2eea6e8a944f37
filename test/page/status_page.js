// status_page.js OUT AXE ADDRESS - opens the status page of `glimpse serve` in Chromium, at 1280 and 390 pixels, light
// and dark, and prints a line of JSON for each look: the figures that are shown and the JSON that they were made of,
// what axe found, how wide the page is, what it asked for and said. Then each line of standard input is an expression:
// the next look is when it is true in the page, which is not loaded again.
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { withBrowser } from './browser.js';

const [out, axeFile, address] = process.argv.slice(2);
const axe = axeFile === '-' ? null : readFileSync(axeFile, 'utf8') + '; 0';

const seen = `({ state: document.querySelector('#state').textContent, kind: document.querySelector('#state').className,
    figures: Object.fromEntries([...document.querySelectorAll('[data-figure]')].map((one) =>
        [one.dataset.figure, { value: one.dataset.value, text: one.textContent }])),
    endpoints: [...document.querySelectorAll('.endpoint')].map((one) => one.innerText.replace(/\\s+/g, ' ')),
    wide: document.documentElement.scrollWidth, json: window.shownStatus })`;

await withBrowser(async (browser) => {
    const look = async (name, width, scheme) => {
        const all = await browser.value(seen);
        await browser.picture(join(out, `${name}.png`));
        if (axe !== null) {
            await browser.value(axe);
            all.axe = await browser.value(`axe.run(document, { resultTypes: ['violations'] }).then((found) =>
                found.violations.map((one) => one.id + ': ' + one.nodes.map((n) => n.target + ' ' + n.failureSummary).join(' | ')))`);
        }
        console.log(JSON.stringify({ name, width, scheme, ...all, asked: browser.asked(), said: browser.said() }));
    };
    for (const [width, scheme] of [[1280, 'light'], [1280, 'dark'], [390, 'dark'], [390, 'light']]) {
        await browser.shape(width, scheme);
        await browser.go(address);
        await browser.until('window.shownStatus !== undefined');
        await look(`status-${width}-${scheme}`, width, scheme);
    }
    let number = 0;
    for await (const wanted of createInterface({ input: process.stdin })) {
        await browser.until(wanted);
        await look(`status-later-${++number}`, 390, 'light');
    }
});
