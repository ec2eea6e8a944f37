// look.js OUT AXE NAME=PAGE.html... - opens each page in Chromium, at 1280 and 390 pixels, light and dark, and on
// paper. Keeps what it looks like in OUT/NAME-*.png and OUT/NAME.pdf, and prints a line of JSON for each look:
// what axe found (AXE: the file axe.min.js, or "-": not looked), how wide the page is, what it asked for, what it
// said on the console, and, once a page, where the Tab key leads.
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { withBrowser } from './browser.js';

const TABS = 400; // a page has fewer places than that

async function press(browser, key, code, text) {
    await browser.ask('Input.dispatchKeyEvent',
        { type: text ? 'keyDown' : 'rawKeyDown', key, code: key, windowsVirtualKeyCode: code, text });
    await browser.ask('Input.dispatchKeyEvent', { type: 'keyUp', key, code: key, windowsVirtualKeyCode: code });
}

// Whether the Enter key opens the first chart's data, and the next Tab leads into it.
async function opens(browser) {
    await browser.value('document.querySelector("details:has(.scroll) > summary").focus()');
    await press(browser, 'Enter', 13, '\r');
    await press(browser, 'Tab', 9);
    return browser.value(`document.querySelector('details:has(.scroll)').open &&
        document.activeElement.matches('details .scroll')`);
}

// Where the Tab key leads, in its order, until it is at the beginning again.
async function tabbed(browser) {
    const places = [];
    for (let i = 0; i < TABS; i++) {
        await press(browser, 'Tab', 9);
        const place = await browser.value(`(() => { const at = document.activeElement;
            if (at === document.body || at === window.firstTabbed) return '';
            window.firstTabbed ??= at;
            return at.tagName + ' ' + (at.getAttribute('aria-label') ?? at.textContent); })()`);
        if (place === '') break;
        places.push(place);
    }
    return places;
}

async function look(browser, axe, page, out, name, width, scheme) {
    await browser.shape(width, scheme);
    await browser.go(pathToFileURL(resolve(page)).href);
    const seen = { page: name, width, scheme };
    seen.wide = await browser.value('document.documentElement.scrollWidth');
    await browser.picture(join(out, `${name}-${scheme === 'print' ? 'print' : `${width}-${scheme}`}.png`));
    if (scheme === 'print') {
        await browser.ask('Emulation.setEmulatedMedia', { media: '', features: [] });
        const { data } = await browser.ask('Page.printToPDF', { preferCSSPageSize: true, printBackground: true });
        writeFileSync(join(out, `${name}.pdf`), Buffer.from(data, 'base64'));
        return seen;
    }
    if (width === 1280 && scheme === 'light') { // the others have the same order
        seen.details = await browser.value('document.querySelectorAll("details").length');
        seen.tabs = await tabbed(browser);
        seen.opened = seen.details === 0 || await opens(browser);
    }
    await browser.value('document.querySelectorAll("details").forEach((one) => { one.open = true; })');
    seen.wide_open = await browser.value('document.documentElement.scrollWidth');
    if (axe !== null) {
        // All data in the first look; in the others two tables, since the rest looks alike.
        if (seen.tabs === undefined)
            await browser.value('[...document.querySelectorAll("details")].slice(2).forEach((one) => { one.open = false; })');
        await browser.value(axe);
        seen.axe = await browser.value(`axe.run(document, { resultTypes: ['violations', 'incomplete'] }).then((found) =>
            ({ passes: found.passes.length, incomplete: found.incomplete.map((one) => one.id),
               violations: found.violations.map((one) => one.id + ': ' + one.nodes.map((n) => n.target + ' ' +
                   n.failureSummary).slice(0, 4).join(' | ')) }))`);
    }
    seen.asked = browser.asked().filter((url) => !url.startsWith('file:'));
    seen.said = browser.said();
    return seen;
}

const [out, axeFile, ...pages] = process.argv.slice(2);
const axe = axeFile === '-' ? null : readFileSync(axeFile, 'utf8') + '; 0';
await withBrowser(async (browser) => {
    for (const one of pages) {
        const at = one.indexOf('=');
        const [name, page] = [one.slice(0, at), one.slice(at + 1)];
        for (const [width, scheme] of [[1280, 'light'], [1280, 'dark'], [390, 'light'], [390, 'dark'], [794, 'print']])
            console.log(JSON.stringify(await look(browser, axe, page, out, name, width, scheme)));
    }
});
