import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { upperBound } from '../vitest/time-limits.ts';
import { launchBrowser } from './launch.ts';

/** A page in a browser, with everything that should not have happened. */
interface OpenPage {
  readonly page: Page;
  /** Addresses of all requests other than the page's own and those of data in an address. */
  readonly requests: readonly string[];
  /** Errors of scripts, and messages of the browser such as violations of the content security policy. */
  readonly errors: readonly string[];
}

/** Opens a document as a file. */
export type OpenDocument = (html: string, options?: BrowserContextOptions) => Promise<OpenPage>;

/** Starts one browser for the tests of a file. Each document is opened in a context of its own, which the test's end closes. */
export function useBrowser(): OpenDocument {
  let browser: Browser | undefined;
  let folder = '';
  let documents = 0;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'timescaledb-telemetry-page-'));
    browser = await launchBrowser();
  });
  afterEach(async () => {
    await Promise.all((browser?.contexts() ?? []).map((context) => context.close()));
  });
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  return async (html, options = {}) => {
    if (browser === undefined) throw new Error('The browser has not been started.');
    documents += 1;
    const file = join(folder, `${documents}.html`);
    await writeFile(file, html);
    const context = await browser.newContext({
      viewport: { width: 1280, height: 900 },
      ...options,
    });
    context.setDefaultTimeout(upperBound(5_000));
    const page = await context.newPage();
    const address = pathToFileURL(file).href;
    const requests: string[] = [];
    const errors: string[] = [];
    page.on('request', (request) => {
      const url = request.url();
      if (url !== address && !url.startsWith('data:')) requests.push(url);
    });
    page.on('pageerror', ({ message }) => errors.push(message));
    page.on('console', (message) => errors.push(message.text()));
    await page.goto(address);
    return { page, requests, errors };
  };
}
