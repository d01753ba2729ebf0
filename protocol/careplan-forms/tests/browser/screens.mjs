// `screens.mjs JOB`: pictures small enough for a repository, in sixteen greys. The job is a JSON list of { pgm, png }, a
// picture that is there, { html, width, height, png }, a page in a window, and { html, pdf }, a page printed.

import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { deflateSync } from 'node:zlib';
import { launch } from './browser.mjs';

const browser = await launch();
const page = await browser.newPage();
const easel = await browser.newPage();
for (const { pgm, html, width, height, png, pdf } of JSON.parse(readFileSync(process.argv[2]))) {
  if (pgm) {
    const bytes = readFileSync(pgm);
    const [head, across, down] = /^P5\s(\d+)\s(\d+)\s255\s/.exec(bytes.subarray(0, 40).toString('latin1'));
    writeFileSync(png, grey(bytes.subarray(head.length), Number(across), Number(down)));
  } else if (pdf) {
    await page.goto(pathToFileURL(html).href);
    await page.pdf({ path: pdf, preferCSSPageSize: true });
  } else {
    await page.setViewportSize({ width, height });
    await page.goto(pathToFileURL(html).href);
    // A browser reads its own pictures best.
    const pixels = await easel.evaluate(async data => {
      const bitmap = await createImageBitmap(await (await fetch(data)).blob());
      const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
      context.drawImage(bitmap, 0, 0);
      return Array.from(context.getImageData(0, 0, bitmap.width, bitmap.height).data.filter((_, at) => at % 4 === 1));
    }, `data:image/png;base64,${(await page.screenshot()).toString('base64')}`);
    writeFileSync(png, grey(pixels, width, height));
  }
}
await browser.close();

// A PNG of four bits for each pixel.
function grey(pixels, width, height) {
  const line = Math.ceil(width / 2) + 1;
  const data = Buffer.alloc(line * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const tone = Math.round(pixels[y * width + x] / 17);
      data[y * line + 1 + (x >> 1)] |= x % 2 ? tone : tone << 4;
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 4;
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', deflateSync(data, { level: 9 })), chunk('IEND')]);
}

function chunk(name, data = Buffer.alloc(0)) {
  const body = Buffer.concat([Buffer.from(name), data]);
  const whole = Buffer.alloc(body.length + 8);
  whole.writeUInt32BE(data.length, 0);
  body.copy(whole, 4);
  whole.writeUInt32BE(sum(body), body.length + 4);
  return whole;
}

// The check sum of a part of a PNG: CRC-32.
function sum(bytes) {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  }
  return (sum ^ 0xffffffff) >>> 0;
}
