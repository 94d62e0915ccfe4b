import { describe, expect, it } from 'vitest';
import { timelineChart } from './timeline-chart.ts';
import { timelinePage } from './timeline-page.ts';
import type { Step, Timeline } from './timeline.ts';

const from = '2026-02-03T04:00:00.000Z';
const at = (second: number): string => new Date(Date.parse(from) + second * 1_000).toISOString();
const now = new Date(at(120));

const step = (change: Partial<Step>): Step => ({
  kind: 'attempt',
  at: at(0),
  until: at(1),
  durationMs: 1_000,
  text: 'Something.',
  ...change,
});
const timeline = (steps: Step[], to: string | null = at(100)): Timeline => ({
  id: 'process-order:<b>"1"</b>',
  runId: 'r',
  type: 'processOrder',
  status: to === null ? 'running' : 'completed',
  from,
  to,
  why: { code: 'running', sentence: 'It runs <i>charge order</i>.', actions: [] },
  steps,
  note: null,
  links: { job: '', previousRun: null, nextRun: null },
});

/** The shapes of the picture with their places. */
const rects = (svg: string): { class: string; x: number; width: number }[] =>
  [...svg.matchAll(/<rect class="(\w+)" x="([\d.]+)" y="[\d.]+" width="([\d.]+)"/g)].map((found) => ({
    class: found[1] ?? '',
    x: Number(found[2]),
    width: Number(found[3]),
  }));

describe('the picture of a timeline', () => {
  it('has a bar for each attempt and wait, with its duration and position', () => {
    const svg = timelineChart(
      timeline([
        step({ activity: 'chargeOrder', at: at(10), until: at(20), error: { code: 'E', message: 'm' } }),
        step({ kind: 'retry-wait', activity: 'chargeOrder', at: at(20), until: at(60) }),
        step({ activity: 'chargeOrder', at: at(60), until: at(80) }),
      ]),
      now,
    ).toString();
    const [wait, failed, succeeded] = rects(svg);
    expect([wait?.class, failed?.class, succeeded?.class]).toEqual(['grey', 'red', 'blue']);
    expect(succeeded?.width).toBeCloseTo(2 * (failed?.width ?? 0), 0);
    expect((failed?.x ?? 0) + (failed?.width ?? 0)).toBeCloseTo(wait?.x ?? 0, 0);
    expect((wait?.x ?? 0) + (wait?.width ?? 0)).toBeCloseTo(succeeded?.x ?? 0, 0);
    expect(svg.match(/class="cross"/g)).toHaveLength(1);
  });

  it.each([1.2, 1.45, 59, 100, 3_000, 100_000])('has labels with room between them over %d s', (seconds) => {
    const svg = timelineChart(timeline([step({ activity: 'a' })], at(seconds)), now).toString();
    const labels = [...svg.matchAll(/class="tick" x="([\d.]+)"[^>]*>([^<]+)</g)];
    expect(labels.length).toBeGreaterThan(1);
    // A digit is about 0.6 em wide, and the label is centered.
    const edges = labels.map(([, x, text = '']) => [-1, 1].map((side) => Number(x) + side * text.length * 3));
    for (const [index, [from = 0]] of edges.entries())
      expect(from).toBeGreaterThan(edges[index - 1]?.[1] ?? 0);
  });

  it('extends open steps to now, and shows instantaneous ones', () => {
    const svg = timelineChart(
      timeline(
        [
          step({ activity: 'a', at: at(60), until: null }),
          step({ activity: 'b', at: at(1), until: at(1) }),
          step({ kind: 'effect', at: at(30), until: at(30) }),
        ],
        null,
      ),
      now,
    ).toString();
    const [short, open] = rects(svg);
    expect(short?.width).toBeGreaterThan(2);
    expect((open?.x ?? 0) + (open?.width ?? 0)).toBeCloseTo(340 - 14, 0);
    expect(svg).toContain('path class="green"');
  });

  it('has only finite numbers, even if nothing happened', () => {
    for (const to of [from, null]) {
      expect(timelineChart(timeline([], to), new Date(from)).toString()).not.toMatch(
        /NaN|Infinity|undefined/,
      );
    }
  });
});

describe('the page of a timeline', () => {
  it('escapes foreign text', () => {
    const page = timelinePage(
      timeline([step({ text: '<script>alert(1)</script>', activity: '<img>' })]),
      now,
      { groups: ['<script>'], continuations: ['<img>'] },
    ).content.toString();
    expect(page).not.toMatch(/<script|<img|<i>|<b>/);
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  });

  it('has a row for each step, and says what is omitted', () => {
    const page = timelinePage(
      { ...timeline([step({}), step({ until: null, durationMs: null })]), note: 'Some are left out.' },
      now,
      { groups: ['import/1'], continuations: ['send-receipt:1'] },
    ).content.toString();
    expect(page.match(/<tr><th scope="row">/g)).toHaveLength(2);
    expect(page).toContain('still running');
    // Inside the part that an open page keeps up to date: which steps are left out changes with them.
    expect(page).toMatch(/Some are left out\.<\/p><\/div>\s*<\/section>/);
    expect(page).toContain('<a href="/api/groups/import%2F1">import/1</a>');
    expect(page).toContain('<a href="/api/jobs/send-receipt:1">send-receipt:1</a>');
  });
});
