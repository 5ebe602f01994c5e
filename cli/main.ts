#!/usr/bin/env node
import { isSupportedNode, SUPPORTED_NODE } from '../infra/node-version.ts';

// Old releases of Node must be able to parse this file and its import, to say which release they lack. Other modules are
// imported afterwards.
if (isSupportedNode(process.versions.node)) {
  void import('./start.ts');
} else {
  process.stderr.write(
    `This program needs Node ${SUPPORTED_NODE}, and this is Node ${process.versions.node}.\n` +
      'Install a newer release of Node, or put it first on the PATH. Older ones ignore NODE_USE_ENV_PROXY, for example.\n',
  );
  process.exitCode = 1;
}
