import { describe, expect, test } from 'vitest';
import { fold } from '../../../lib/fleet/fold.ts';
import { parseFleetState } from '../../../lib/fleet/parse-state.ts';
import { aRun, CONTEXT } from './runs.ts';

describe('a stored state', () => {
  test('is parsed', () => {
    const state = fold(undefined, [aRun('2026-11-28')], CONTEXT);
    expect(parseFleetState(JSON.stringify(state))).toEqual(state);
  });

  test.each(['', '{', 'null', '[]', '{"version":1}', '{"version":2,"environment":"prod"}'])(
    'is undefined for the text %j',
    (text) => {
      expect(parseFleetState(text)).toBeUndefined();
    },
  );

  test('is undefined with a damaged database', () => {
    const state = { ...fold(undefined, [], CONTEXT), databases: { orders: { name: 'orders' } } };
    expect(parseFleetState(JSON.stringify(state))).toBeUndefined();
  });
});

describe('a database with the name of a property', () => {
  test.each(['__proto__', 'constructor', 'toString'])('%s has a row', (database) => {
    const { databases: _databases, ...context } = CONTEXT;
    const state = fold(undefined, [aRun('2026-11-28', { database })], context);
    expect(Object.keys(state.databases)).toEqual([database]);
    const stored = parseFleetState(JSON.stringify(state));
    expect(fold(stored, [], context).databases).toEqual(state.databases);
  });
});
