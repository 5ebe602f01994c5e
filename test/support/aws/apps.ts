import { join } from 'node:path';
import { App, type AppProps } from 'aws-cdk-lib';
import { inject } from 'vitest';
import { BUNDLES_CONTEXT } from '../../../infra/bundle/bundles-folder.ts';
import { bundlesFolder } from './synthesis.ts';

let made = 0;

/** Returns an app that deploys the bundles of the tests, as an app does that uses the package. */
export function createApp({ context = {}, ...props }: AppProps = {}): App {
  made += 1;
  return new App({
    outdir: join(inject('folder'), `app-${process.pid}-${made}`),
    analyticsReporting: false,
    context: {
      [BUNDLES_CONTEXT]: bundlesFolder(),
      ...context,
    },
    ...props,
  });
}

type Template = Readonly<Record<string, unknown>> & {
  readonly Resources: Readonly<
    Record<string, { readonly Type: string; readonly Properties: object }>
  >;
};

/** Synthesises an app, and returns the template of each stack by its name. */
export function templatesOf(app: App): Readonly<Record<string, Template>> {
  const stacks = app.synth().stacks.map(({ stackName, template }) => [stackName, template]);
  return Object.fromEntries(stacks);
}
