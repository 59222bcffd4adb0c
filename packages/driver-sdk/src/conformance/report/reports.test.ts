import { describe, expect, it } from 'vitest';
import { type CheckResult, type ConformanceReport, levelOf } from '../conformance-report.ts';
import { ConformanceRecord, changedSince, createConformanceRecord } from './conformance-record.ts';
import { joinReports } from './join-reports.ts';
import { renderJunit } from './render-junit.ts';
import { renderMarkdown } from './render-markdown.ts';
import { renderTerminal } from './render-terminal.ts';
import { summaryLine } from './summary-line.ts';

const hash = (digit: string): string => digit.repeat(64);

const passed: CheckResult = {
  id: 1,
  name: 'manifest-static',
  fixture: null,
  outcome: 'passed',
  reason: '',
  findings: [],
  why: 'Operators vet drivers by their manifest.',
  evidence: { trials: 0, expectations: 4, failures: 0 },
};
const failed: CheckResult = {
  id: 11,
  name: 'enumeration-fails',
  fixture: 'two | cards',
  outcome: 'failed',
  reason: '7 of 9 expectations failed. discover answered <[]>; expected "hardware" | Cards would be gone.',
  findings: ['when a list gave EIO, discover answered <[]>;\nexpected "hardware"\u001b[2J & not nothing'],
  why: 'Cards would be gone.',
  evidence: { trials: 2, expectations: 9, failures: 7 },
};
const notShown: CheckResult = {
  ...failed,
  id: 27,
  name: 'detach-gone',
  outcome: 'not-shown',
  reason: 'the fixture cannot unplug a card',
  findings: [],
  evidence: { trials: 1, expectations: 0, failures: 0 },
};

const notApplicable: CheckResult = {
  ...notShown,
  id: 41,
  name: 'program-ok',
  outcome: 'not-applicable',
  reason: 'the driver has no program',
};

const report: ConformanceReport = {
  kit: '1.0.0',
  driver: { id: 'acme', package: 'acme-driver', version: '1.2.3' },
  level: 'sim',
  devices: [],
  results: [passed, failed, notShown, notApplicable],
};
const record = createConformanceRecord(report, {
  files: { 'package.json': hash('a'), 'src/index.js': hash('b') },
  machine: { node: '24.21.0', platform: 'linux' },
  madeAt: Date.UTC(2026, 0, 2, 3, 4, 5),
});

describe('conformance.json', () => {
  it('holds what it says when it is written and read again', () => {
    expect(ConformanceRecord.parse(JSON.parse(JSON.stringify(record)))).toEqual(record);
    expect(record).toMatchObject({ format: 1, level: 'sim', madeAt: '2026-01-02T03:04:05.000Z' });
  });

  it('tells which files are no longer those that were tried', () => {
    expect(changedSince(record, record.driver.files)).toEqual([]);
    expect(
      changedSince(record, { 'package.json': hash('a'), 'src/index.js': hash('c'), new: hash('d') }),
    ).toEqual(['new', 'src/index.js']);
  });

  it('refuses an outcome that there is not', () => {
    const results = [{ ...passed, outcome: 'skipped' }];
    expect(ConformanceRecord.safeParse({ ...record, results }).success).toBe(false);
  });
});

describe('a report of several levels', () => {
  const replayed: ConformanceReport = {
    ...report,
    level: 'replay',
    results: [
      { ...passed, evidence: { ...passed.evidence, expectations: 3 } },
      { ...passed, id: 9, name: 'shape', fixture: 'the lab' },
      { ...notShown, id: 11, name: 'enumeration-fails', fixture: 'the lab', reason: 'level sim shows it' },
      { ...notShown, id: 38, name: 'loop-block', fixture: 'the lab', reason: 'it has no process' },
    ],
  };
  const tested = { vendor: '1d55', model: 'Acme A10', firmware: { shell: '1.4' } };
  const onHardware: ConformanceReport = {
    ...report,
    level: 'hardware',
    devices: [tested],
    results: [{ ...passed, outcome: 'failed', reason: 'no entry' }],
  };
  const joined = joinReports([report, replayed, onHardware]);
  const told = joined.results.map((result) => [
    result.id,
    result.fixture,
    levelOf(joined, result),
    result.outcome,
  ]);

  it('says of each result at which level it was shown, and of the whole the weakest', () => {
    expect(joined).toMatchObject({ level: 'replay', devices: [tested] });
    expect(told).toEqual([
      [1, null, 'hardware', 'failed'],
      [11, 'two | cards', 'sim', 'failed'],
      [27, 'two | cards', 'sim', 'not-shown'],
      [41, 'two | cards', 'sim', 'not-applicable'],
      [9, 'the lab', 'replay', 'passed'],
      [38, 'the lab', 'replay', 'not-shown'],
    ]);
  });

  it('is held by conformance.json, and counted by level', () => {
    const held = createConformanceRecord(joined, { files: {}, machine: {}, madeAt: 0 });
    expect(ConformanceRecord.parse(JSON.parse(JSON.stringify(held)))).toEqual(held);
    expect(summaryLine(held)).toBe(
      'acme-driver 1.2.3, kit 1.0.0, level replay: 1 passed, 0 failed, 1 not shown; ' +
        'level sim: 0 passed, 1 failed, 1 not shown, 1 not applicable; level hardware: 0 passed, 1 failed, 0 not shown',
    );
    expect(renderMarkdown(held)).toContain('| 9 | shape | the lab, level replay | passed | 0 |');
    expect(renderTerminal(held, { color: false })).toContain('two | cards, level sim\n');
    expect(renderJunit(held)).toMatch(
      /<testsuite name="the lab, level replay".*\n +<properties>\n.*\n +<property name="level" value="replay"\/>/,
    );
  });

  it('of one level is written as ever: no result names it', () => {
    expect(joinReports([report])).toEqual(report);
    expect(JSON.stringify(record)).not.toMatch(/"level".*"level"/);
  });

  it('is read where a later kit has added something', () => {
    const later = { ...record, seal: 'x', results: record.results.map((one) => ({ ...one, tookMs: 4 })) };
    expect(ConformanceRecord.parse(later)).toEqual(record);
  });
});

describe('JUnit', () => {
  it('has a suite per machine, skips what was not shown, and is well-formed whatever a driver answers', () => {
    expect(renderJunit(record)).toMatchInlineSnapshot(`
      "<?xml version="1.0" encoding="UTF-8"?>
      <testsuites name="acme-driver 1.2.3" tests="4" failures="1" skipped="2">
        <testsuite name="the package" timestamp="2026-01-02T03:04:05.000Z" tests="1" failures="0" skipped="0">
          <properties>
            <property name="kit" value="1.0.0"/>
            <property name="level" value="sim"/>
            <property name="node" value="24.21.0"/>
            <property name="platform" value="linux"/>
          </properties>
          <testcase classname="acme-driver" name="1 manifest-static"/>
        </testsuite>
        <testsuite name="two | cards" timestamp="2026-01-02T03:04:05.000Z" tests="3" failures="1" skipped="2">
          <properties>
            <property name="kit" value="1.0.0"/>
            <property name="level" value="sim"/>
            <property name="node" value="24.21.0"/>
            <property name="platform" value="linux"/>
          </properties>
          <testcase classname="acme-driver" name="11 enumeration-fails">
            <failure message="when a list gave EIO, discover answered &lt;[]&gt;;&#10;expected &quot;hardware&quot;?[2J &amp; not nothing">7 of 9 expectations failed. discover answered &lt;[]&gt;; expected &quot;hardware&quot; | Cards would be gone.</failure>
          </testcase>
          <testcase classname="acme-driver" name="27 detach-gone">
            <skipped message="the fixture cannot unplug a card"/>
          </testcase>
          <testcase classname="acme-driver" name="41 program-ok">
            <skipped message="not applicable: the driver has no program"/>
          </testcase>
        </testsuite>
      </testsuites>
      "
    `);
  });
});

describe('Markdown', () => {
  it('begins with what failed and why it matters', () => {
    expect(renderMarkdown(record)).toMatchInlineSnapshot(`
      "# Conformance of acme-driver

      acme-driver 1.2.3, kit 1.0.0, level sim: 1 passed, 1 failed, 1 not shown, 1 not applicable.

      Made 2026-01-02T03:04:05.000Z on node 24.21.0, platform linux.

      ## What failed

      ### 11 enumeration-fails on two | cards

      7 of 9 expectations failed:

      - when a list gave EIO, discover answered &lt;[]>; expected "hardware" [2J & not nothing
      - and 6 more

      Why it matters: Cards would be gone.

      ## What was not shown

      - 27 detach-gone on two | cards: the fixture cannot unplug a card

      ## What does not apply

      - 41 program-ok on two | cards: the driver has no program

      ## All checks

      | # | check | on | outcome | trials |
      |---|---|---|---|---|
      | 1 | manifest-static | the package | passed | 0 |
      | 11 | enumeration-fails | two \\| cards | **failed** | 2 |
      | 27 | detach-gone | two \\| cards | not shown | 1 |
      | 41 | program-ok | two \\| cards | not applicable | 1 |
      "
    `);
  });
});

describe('the terminal', () => {
  it('says what happened, what was expected and why it matters, folded', () => {
    expect(renderTerminal(record, { color: false, width: 72 })).toMatchInlineSnapshot(`
      "the package
        passed       1 manifest-static

      two | cards
        failed      11 enumeration-fails: 7 of 9 expectations
                       1. when a list gave EIO, discover answered <[]>;
                       expected "hardware" [2J & not nothing
                       and 6 more
                       Why it matters: Cards would be gone.
        not shown   27 detach-gone
                       the fixture cannot unplug a card
        n/a         41 program-ok: the driver has no program

      acme-driver 1.2.3, kit 1.0.0, level sim: 1 passed, 1 failed, 1 not shown, 1 not applicable
      "
    `);
  });

  it('is coloured on request, and never by what a driver answers', () => {
    const colored = renderTerminal(record, { color: true });
    expect(colored).toContain('\u001b[31mfailed   \u001b[39m');
    expect(colored).not.toContain('\u001b[2J');
  });
});
