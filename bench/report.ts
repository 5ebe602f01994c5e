import { parseArgs } from 'node:util';
import { CONTENTS } from './report/chunk-tables.ts';
import { measureEmbedded } from './report/embedded.ts';
import { measureRealServer } from './report/real-server.ts';

/** Measures the report's query by the number of chunks, and compares it with the straightforward query and others. */

const { values } = parseArgs({
  options: {
    chunks: { type: 'string' },
    samples: { type: 'string', default: '5' },
    server: { type: 'string', default: 'embedded' },
    contents: { type: 'string', default: 'empty-toast' },
    before: { type: 'string', default: 'HEAD~1' },
    explain: { type: 'boolean', default: false },
  },
});

function numbers(list: string): readonly number[] {
  return list.split(',').map(Number);
}

const contents = CONTENTS.find((one) => one === values.contents);
if (values.server === 'embedded') {
  await measureEmbedded(numbers(values.chunks ?? '100,1000,5000'), Number(values.samples));
} else if (values.server === 'postgres' && contents !== undefined) {
  await measureRealServer({
    numbersOfChunks: numbers(values.chunks ?? '1000,5000,20000'),
    rounds: Number(values.samples),
    contents,
    before: values.before,
    explain: values.explain,
  });
} else {
  throw new Error(
    `--server is embedded or postgres, and --contents is one of ${CONTENTS.join(', ')}.`,
  );
}
