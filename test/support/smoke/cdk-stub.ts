/** Runs in place of a CDK command of the program: asks the account on loopback for the exit status of the command. */
const [command = '', account] = process.argv.slice(2);
const url = new URL(`/cdk/${command}`, process.env['AWS_ENDPOINT_URL'] ?? account);
const answer = await fetch(url, { method: 'POST' });
process.stdout.write(`output of cdk ${command}\n`);
process.exitCode = Number(await answer.text());
