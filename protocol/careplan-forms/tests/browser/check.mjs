// `check.mjs JOB REPORT`: opens each form of the job, a JSON list of { name, html, pdf, landscape }, looks at it on screen
// and as print, prints it, and writes what it found as JSON. It judges nothing.

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { axe, launch } from './browser.mjs';

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21aa', 'best-practice'];
// The width of A4 between margins of 10 mm, at 96 dots per inch.
const PAPER = { landscape: Math.round(277 / 25.4 * 96), portrait: Math.round(190 / 25.4 * 96) };
const measures = fileURLToPath(new URL('measure.js', import.meta.url));

const [job, out] = process.argv.slice(2);
const waiting = JSON.parse(readFileSync(job));
const report = {};
const browser = await launch();
// Without the page's own policy, so that nothing but its text keeps a script in it from running.
const context = await browser.newContext({ bypassCSP: true });
await Promise.all([worker(), worker()]);
await browser.close();
writeFileSync(out, JSON.stringify(report));

async function worker() {
  for (let form = waiting.shift(); form; form = waiting.shift()) report[form.name] = await look(form);
}

async function look(form) {
  const page = await context.newPage();
  const address = pathToFileURL(form.html).href;
  const happened = [];
  page.on('request', request => {
    if (request.url() !== address && !request.url().startsWith('data:')) happened.push(`request ${request.url()}`);
  });
  page.on('dialog', dialog => { happened.push('dialog'); dialog.dismiss(); });
  page.on('pageerror', error => happened.push(`error ${error}`));
  page.on('console', message => happened.push(`console ${message.text()}`));
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.goto(address);
  await page.addScriptTag({ path: measures });
  const found = await page.evaluate(() => ({
    ran: globalThis.ran ?? null,
    screen: measure.clipped(),
    torn: measure.torn(),
    wide: measure.wide(),
    colours: measure.colours(),
    faint: measure.faint(),
    headless: measure.headless(),
    headings: measure.headings(),
  }));
  Object.assign(found, await heard(page));
  await page.addScriptTag({ path: axe });
  found.axe = await page.evaluate(async tags => {
    const { violations, incomplete } = await axe.run(document, {
      runOnly: { type: 'tag', values: tags }, resultTypes: ['violations', 'incomplete'],
    });
    const told = rules => rules.map(rule => `${rule.id} x${rule.nodes.length}: ${rule.nodes[0].html.slice(0, 200)}`);
    return { violations: told(violations), undecided: told(incomplete) };
  }, TAGS);
  await page.setViewportSize({ width: 390, height: 844 });
  found.phone = await page.evaluate(() => [...measure.torn(), ...measure.wide()]);
  await page.emulateMedia({ media: 'print' });
  await page.setViewportSize({ width: form.landscape ? PAPER.landscape : PAPER.portrait, height: 900 });
  found.print = await page.evaluate(() => [...measure.clipped(), ...measure.torn()]);
  await page.pdf({ path: form.pdf, preferCSSPageSize: true });
  found.happened = happened;
  await page.close();
  return found;
}

// What is read aloud: texts in their order, how many nodes there are of each role, and tables without a name.
async function heard(page) {
  const session = await context.newCDPSession(page);
  const { nodes } = await session.send('Accessibility.getFullAXTree');
  const known = new Map(nodes.map(node => [node.nodeId, node]));
  const texts = [], roles = {}, nameless = [];
  const visit = node => {
    const role = node.role?.value;
    if (!node.ignored) roles[role] = (roles[role] ?? 0) + 1;
    if (role === 'table' && !node.name?.value) nameless.push(node.nodeId);
    if (role === 'StaticText') {
      if (!node.ignored) texts.push(node.name.value);
    } else {
      for (const child of node.childIds ?? []) if (known.has(child)) visit(known.get(child));
    }
  };
  visit(nodes[0]);
  await session.detach();
  return { texts, roles, nameless };
}
