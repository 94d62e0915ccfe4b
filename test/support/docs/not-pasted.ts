import { type Block, firstLine } from './pages.ts';

/** The blocks of a page that the test does not paste into the shell, by their first line, or `all`; each with the reason. */
type NotPasted = Readonly<Record<string, Readonly<Record<string, string>>>>;

const compose =
  'test/compose runs Docker Compose from a clean checkout; no test changes passwords, restores a backup or upgrades';
const benchmark = 'runs for minutes, and measures the machine';
const init =
  'test/examples/init.test.ts installs the packed library into the application that `init` writes, with its own list of packages';
const keepsRunning = 'the stack of the test: it keeps running';

export const notPasted: NotPasted = {
  'README.md': {
    'npm install durable-jobs express zod pg @temporalio/{activity,client,common,proto,worker,workflow}':
      init,
    'npm start': keepsRunning,
    'cp .env.example .env': compose,
    'temporal operator search-attribute create --name JobType --type Keyword --name BusinessKey --type Keyword':
      'for an engine that lacks them',
    'npm test': 'this test is one of those',
  },
  'docs/command.md': {
    'npx durable-jobs dev': keepsRunning,
    'npx durable-jobs replay --workflows workflows.ts histories/':
      'test/integration/replay-kit.test.ts runs it on recorded histories',
  },
  'docs/docker.md': { all: compose },
  'docs/getting-started.md': {
    'npx durable-jobs init my-app': init,
    'npm install durable-jobs express zod pg @temporalio/{activity,client,common,proto,worker,workflow}':
      init,
    'npx durable-jobs dev': keepsRunning,
  },
  'docs/kubernetes.md': { all: 'needs a cluster; test/unit/kubernetes-chart.test.ts renders the chart' },
  'docs/performance.md': {
    'npm run bench -- lists --runs 1000000 --rows 1000000': 'takes minutes, on a quiet machine alone',
  },
  'docs/upgrading.md': {
    'npm run replay -- --from default --address temporal.example.com:7233':
      'for a system that is running elsewhere; test/integration/process-ends.test.ts runs it',
  },
  'docs/observability.md': {
    'docker run --rm -p 16686:16686 -p 4318:4318 jaegertracing/jaeger:2.11.0': 'downloads an image',
  },
  'packages/durable-jobs/README.md': {
    'npm install durable-jobs express zod pg @temporalio/activity @temporalio/client @temporalio/common @temporalio/proto @temporalio/worker @temporalio/workflow':
      init,
  },
  'packages/durable-jobs/template/README.md': { 'npm install': init },
  'bench/README.md': { all: benchmark },
};

/** Pages that are pasted in an application that `durable-jobs init` wrote; the others in this repository. */
export const applicationPages: readonly string[] = [
  'docs/command.md',
  'docs/getting-started.md',
  'packages/durable-jobs/template/README.md',
];

/** The blocks that are pasted, but whose output cannot be what the page shows. */
export const notCompared: NotPasted = {
  'docs/schedules.md': { 'npm run schedules -- plan': 'the plan of a new stack has no differences' },
};

/** Why the output of a block is not compared with what the page shows; undefined if it is. */
export function reasonNotToCompare(block: Block): string | undefined {
  return notCompared[block.page]?.[firstLine(block)];
}

/** Why a block is not pasted; undefined if it is. */
export function reasonNotToPaste(block: Block): string | undefined {
  const reasons = notPasted[block.page];
  return reasons?.all ?? reasons?.[firstLine(block)];
}
