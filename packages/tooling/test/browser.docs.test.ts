/** The built site in a real Chromium, as a reader uses it: search, links, guides, dark, on a phone, and all of it offline. */
import { existsSync, mkdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serve } from '../src/docs/serve.mjs';
import { ROOT } from '../src/run-step.mjs';

const SITE = join(ROOT, 'docs', 'site');
/** Kept by CI. */
const SCREENSHOTS = join(ROOT, 'docs', 'screenshots');
/** No sandbox, since CI may run as root; nothing that calls home. */
const SWITCHES = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const PHONE = { width: 390, height: 844 };

const executable = ['chromium', 'chromium-browser', 'google-chrome']
  .flatMap((name) => (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, name)))
  .find((path) => existsSync(path));

const title = executable
  ? 'the documentation in Chromium'
  : 'the documentation in Chromium (skipped: there is no chromium on the PATH)';

describe.skipIf(!executable)(title, () => {
  let browser: Browser;
  let site: Awaited<ReturnType<typeof serve>>;
  /** Ends what `beforeAll` has begun. */
  const opened: (() => Promise<void> | void)[] = [];
  /** What must not happen on any page: errors in the console, requests to others, requests that fail. */
  const faults: string[] = [];

  beforeAll(async () => {
    if (!existsSync(join(SITE, 'index.html')))
      throw new Error('docs/site is not built; run `pnpm run docs` first');
    mkdirSync(SCREENSHOTS, { recursive: true });
    site = await serve(SITE);
    opened.push(site.close);
    browser = await chromium.launch({
      executablePath: executable!,
      args: SWITCHES,
    });
    opened.push(() => browser.close());
  });

  afterAll(async () => {
    for (const close of opened.reverse()) await close();
  });

  /** Opens a page of the site in a window of its own. */
  async function open(path: string, viewport = { width: 1280, height: 800 }): Promise<Page> {
    const context = await browser.newContext({ viewport, colorScheme: 'light' });
    await context.route('**/*', async (route) => {
      const url = route.request().url();
      if (url.startsWith(`${site.url}/`)) return route.continue();
      faults.push(`request to ${url}`);
      return route.abort();
    });
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) faults.push(`console: ${message.text()}`);
    });
    page.on('pageerror', (error) => faults.push(`error on the page: ${error.message}`));
    page.on('response', (response) => {
      if (response.status() >= 400) faults.push(`${response.status()} for ${response.url()}`);
    });
    await page.goto(`${site.url}/${path}`);
    return page;
  }

  const shoot = (page: Page, name: string) => page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
  const heading = (page: Page) => page.locator('.tsd-page-title h1, .col-content h1').first().innerText();

  /** How much wider than the window the page is. */
  const overhang = (page: Page) =>
    page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');

  test('from the hub, a search leads to BoundedSemaphore, a link to another package', async () => {
    const page = await open('index.html');
    await shoot(page, 'hub');
    await page.locator('#tsd-search-trigger').click();
    await page.locator('#tsd-search-input').fill('BoundedSemaphore');
    const first = page.locator('#tsd-search-results li a').first();
    await first.waitFor();
    await shoot(page, 'search');
    await first.click();
    await page.waitForURL(/classes\/_x_semaphore\.BoundedSemaphore\.html/);
    expect(await heading(page)).toContain('BoundedSemaphore');
    expect(await page.locator('a[href^="https://docs.python.org/3/"]').count()).toBeGreaterThan(0);
    await shoot(page, 'bounded-semaphore');

    // Its base class belongs to another package.
    await page.locator('.col-content a[href*="_x_core."]').first().click();
    await page.waitForURL(/_x_core\./);
    expect(await heading(page)).not.toContain('BoundedSemaphore');
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test('a guide opens from the navigation of the hub, and stays dark once it is dark', async () => {
    const page = await open('index.html');
    await page
      .locator(
        '.site-menu a[href*="documents/Choosing_a_primitive"], .col-content a[href*="documents/Choosing"]',
      )
      .first()
      .click();
    await page.waitForURL(/documents\/Choosing/);
    expect(await heading(page)).toContain('Choosing a primitive');
    const background = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    const light = await background();
    await shoot(page, 'guide-light');
    await page.locator('summary', { hasText: 'Settings' }).click();
    await page.locator('#tsd-theme').selectOption('dark');
    const dark = await background();
    expect(dark).not.toBe(light);
    await shoot(page, 'guide-dark');
    await page.locator('.col-content a[href*="_x_queue.Queue"]').first().click();
    await page.waitForURL(/_x_queue\.Queue/);
    expect(await background()).toBe(dark);
    await shoot(page, 'queue-dark');
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test('a package alone shows its version and changelog, and leads to the hub', async () => {
    const page = await open('semaphore/index.html');
    expect(await page.locator('.tsd-toolbar-links, .col-content').allInnerTexts()).toEqual(
      expect.arrayContaining([expect.stringMatching(/Version \d+\.\d+\.\d+/)]),
    );
    await shoot(page, 'package');
    await page.locator('.col-content a', { hasText: 'Changelog' }).first().click();
    expect(await heading(page)).toContain('Changelog');
    await page.locator('#tsd-toolbar-links a', { hasText: 'All packages' }).first().click();
    await page.waitForURL(`${site.url}/index.html`);
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test('pages fit a phone, whose menu opens', async () => {
    const guides = ['Choosing_a_primitive', 'How_the_algorithms_work', 'Benchmarks', 'Architecture'];
    const paths = [
      'index.html',
      'modules/_x_lock.html',
      'classes/_x_executor.ThreadPoolExecutor.html',
      'semaphore/index.html',
      ...guides.map((name) => `documents/${name}.html`).filter((path) => existsSync(join(SITE, path))),
    ];
    const page = await open('index.html', PHONE);
    const wide: string[] = [];
    for (const [index, path] of paths.entries()) {
      await page.goto(`${site.url}/${path}`);
      await shoot(page, `phone-${index}`);
      if ((await overhang(page)) > 0) wide.push(path);
    }
    expect(wide).toEqual([]);
    await page.locator('#tsd-toolbar-menu-trigger, [data-toggle="menu"]').first().click();
    await page.locator('.site-menu a, .tsd-navigation a').first().waitFor();
    await page.waitForTimeout(500); // it slides in
    await shoot(page, 'phone-menu');
    expect(faults).toEqual([]);
    await page.context().close();
  });
});
