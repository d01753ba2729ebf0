// The browser and the modules that drive it, as the environment names them.

import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(join(process.env.MUSUBI_NODE_MODULES, 'node_modules', 'none.js'));

export const axe = require.resolve('axe-core/axe.min.js');

export async function launch() {
  const { chromium } = require('playwright-core');
  return chromium.launch({ executablePath: process.env.MUSUBI_CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] });
}
