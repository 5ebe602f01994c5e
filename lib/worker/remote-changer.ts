import type { DatabaseChanger } from '../configure/database-changer.ts';
import type { Change } from '../configure/event.ts';
import type { ChangeParts } from '../configure/run-change.ts';
import { type AskingVariables, askWorker } from './ask.ts';
import { invalidAnswer } from './errors.ts';
import { toRunErrorOf } from './verify-answer.ts';

/** Whether a change has all its parts, and a dry run none of those after the plan. */
function isComplete(parts: ChangeParts, { dryRun }: Change): boolean {
  const { facts, plan, applyNotes, factsAfter } = parts;
  const isApplied = [applyNotes, factsAfter].map((part) => part !== undefined);
  return (
    facts !== undefined && plan !== undefined && isApplied.every((applied) => applied !== dryRun)
  );
}

/** Creates the changer that changes the database through the worker that WORKER names. */
export function createRemoteChanger(variables: AskingVariables): DatabaseChanger {
  return {
    async change(target, change, context, learn) {
      const operation = { kind: 'change', change } as const;
      const { answer } = await askWorker(operation, target, variables, context);
      if (answer.kind === 'read') throw invalidAnswer('it is that of a reading');
      const { change: parts = {} } = answer;
      if (answer.kind === 'change' && !isComplete(parts, change)) {
        throw invalidAnswer('the change is incomplete');
      }
      learn(parts);
      if (answer.kind === 'error') throw toRunErrorOf(answer);
    },
  };
}
