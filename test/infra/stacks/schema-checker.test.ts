import { expect, test } from 'vitest';
import { schemaProblems } from '../../support/aws/resource-schema.ts';
import {
  ALARM,
  add,
  aTopic,
  type Change,
  FUNCTION,
  problemsAfter,
  put,
  SCHEDULE,
  topicNamed,
  variable,
} from '../../support/aws/template-drafts.ts';

const SCHEMA_MISTAKES: readonly (readonly [what: string, change: Change, problem: string])[] = [
  [
    'an unknown type',
    add({ It: { Type: 'AWS::Scheduler::Calendar', Properties: {} } }),
    'It: there is no resource type AWS::Scheduler::Calendar',
  ],
  ['an unknown property', put(FUNCTION, 'Memory', 256), 'It.Memory: there is no such property'],
  [
    'an unknown nested property',
    put(SCHEDULE, 'Target.RetryPolicy.Attempts', 3),
    'It.Target.RetryPolicy.Attempts: there is no such property',
  ],
  ['a missing required property', put(FUNCTION, 'Role', undefined), 'It.Role: is required'],
  [
    'a required property with AWS::NoValue',
    put(FUNCTION, 'Role', { Ref: 'AWS::NoValue' }),
    'It.Role: is required',
  ],
  [
    'a missing nested required property',
    put(SCHEDULE, 'FlexibleTimeWindow.Mode', undefined),
    'It.FlexibleTimeWindow.Mode: is required',
  ],
  [
    'a fraction instead of an integer',
    put(FUNCTION, 'Timeout', 1.5),
    'It.Timeout: 1.5 must be of type integer',
  ],
  [
    'a number instead of a string',
    put('SSM::Parameter', 'Value', 5),
    'It.Value: 5 must be of type string',
  ],
  [
    'a string instead of a boolean',
    put(ALARM, 'ActionsEnabled', 'yes'),
    'It.ActionsEnabled: "yes" must be of type boolean',
  ],
  [
    'a string instead of a number',
    put(ALARM, 'Threshold', 'one'),
    'It.Threshold: "one" must be of type number',
  ],
  [
    'a string instead of a list',
    put(ALARM, 'Dimensions', 'one'),
    'It.Dimensions: "one" must be a list',
  ],
  [
    'a string instead of an object',
    put(SCHEDULE, 'Target.DeadLetterConfig', 'one'),
    'It.Target.DeadLetterConfig: "one" must be an object',
  ],
  [
    'a list instead of a map',
    put('SSM::Parameter', 'Tags', ['one']),
    'It.Tags: ["one"] must be a map',
  ],
  [
    'a number in a map of strings',
    put('SSM::Parameter', 'Tags', { one: 1 }),
    'It.Tags.one: 1 must be of type string',
  ],
  [
    'a number in a list of strings',
    put('Logs::QueryDefinition', 'LogGroupNames', [1]),
    'It.LogGroupNames[0]: 1 must be of type string',
  ],
  [
    'a tag without a value',
    put('SQS::Queue', 'Tags', [{ Key: 'one' }]),
    'It.Tags[0].Value: is required',
  ],
  [
    'a string instead of JSON',
    put('Logs::LogGroup', 'DataProtectionPolicy', 'one'),
    'It.DataProtectionPolicy: "one" must be JSON',
  ],
  [
    'a value that is not in the list of allowed values',
    put(SCHEDULE, 'State', 'ON'),
    'It.State: "ON" must be one of ENABLED, DISABLED',
  ],
  [
    'an unknown attribute of a resource',
    add({ It: aTopic({ Depends: [] }) }),
    'It: there is nothing called Depends',
  ],
  [
    'an unknown deletion policy',
    add({ It: aTopic({ DeletionPolicy: 'Keep' }) }),
    'It.DeletionPolicy: "Keep" must be one of Delete, Retain, RetainExceptOnCreate, Snapshot',
  ],
  [
    'Fn::Join instead of a list',
    put(ALARM, 'AlarmActions', { 'Fn::Join': ['', []] }),
    'It.AlarmActions: {"Fn::Join":["",[]]} must be of type array, no text',
  ],
  [
    'a Ref to an unknown logical id',
    topicNamed({ Ref: 'Nothing' }),
    '.It.Properties.TopicName: there is no Nothing to refer to',
  ],
  [
    'Fn::GetAtt of an unknown logical id',
    topicNamed({ 'Fn::GetAtt': ['Nothing', 'Arn'] }),
    '.It.Properties.TopicName: there is no Nothing to have Arn',
  ],
  [
    'Fn::GetAtt of an attribute that the type does not have',
    topicNamed({ 'Fn::GetAtt': ['FailedRuns', 'Name'] }),
    '.It.Properties.TopicName: AWS::SQS::Queue has no attribute Name',
  ],
  [
    'Fn::GetAtt, with a dot, of an attribute that the type does not have',
    topicNamed({ 'Fn::GetAtt': 'FailedRuns.Name' }),
    '.It.Properties.TopicName: AWS::SQS::Queue has no attribute Name',
  ],
  [
    'Fn::Sub with an unknown variable',
    topicNamed({ 'Fn::Sub': `a-${variable('Nothing')}` }),
    '.It.Properties.TopicName: there is no Nothing to refer to',
  ],
  [
    'DependsOn with an unknown logical id',
    add({ It: aTopic({ DependsOn: 'Nothing' }) }),
    'It.DependsOn: there is no Nothing',
  ],
  [
    'a cycle of three resources',
    add({
      One: aTopic({ DependsOn: ['Two'] }),
      Two: aTopic({}, { TopicName: { 'Fn::Sub': variable('Three.TopicName') } }),
      Three: aTopic(
        {},
        { TopicName: { 'Fn::Join': ['', [{ 'Fn::GetAtt': ['One', 'TopicName'] }]] } },
      ),
    }),
    'a cycle: One, Two, Three',
  ],
  ['a resource that refers to itself', topicNamed({ Ref: 'It' }), 'a cycle: It'],
  [
    'Fn::ImportValue',
    topicNamed({ 'Fn::ImportValue': 'one' }),
    'It.TopicName: Fn::ImportValue is not among Ref, Fn::GetAtt, Fn::Sub, Fn::Join',
  ],
  [
    'an exported output',
    (draft) => {
      draft.Outputs = { One: { Value: 'one', Export: { Name: 'one' } } };
    },
    'Outputs.One: is exported, which ties another stack to this one',
  ],
  [
    'a malformed dynamic reference',
    topicNamed('{{resolve:ssm:a name}}'),
    'It.TopicName: {{resolve:ssm:a name}} is no dynamic reference',
  ],
];

const VALID_NAMES: readonly (readonly [what: string, name: unknown])[] = [
  ['a plain string', 'one'],
  ['a Ref to a resource', { Ref: 'FailedRuns' }],
  ['a Ref to a parameter', { Ref: 'BootstrapVersion' }],
  ['a Ref to a pseudo-parameter', { Ref: 'AWS::Region' }],
  ['Fn::GetAtt', { 'Fn::GetAtt': ['FailedRuns', 'QueueName'] }],
  ['Fn::Sub', { 'Fn::Sub': `${variable('AWS::Region')}-${variable('FailedRuns.QueueName')}` }],
  ['Fn::Sub with a literal', { 'Fn::Sub': variable('!Literal') }],
  [
    'Fn::Sub with variables of its own',
    { 'Fn::Sub': [variable('Own'), { Own: { Ref: 'FailedRuns' } }] },
  ],
  ['Fn::Join', { 'Fn::Join': ['-', ['a', { Ref: 'AWS::Region' }]] }],
  ['a dynamic reference', '{{resolve:ssm:/a/b:1}}'],
];

test('the checker of templates accepts the template of prod without changes', () => {
  expect(problemsAfter(() => {})).toEqual([]);
});

test.each(VALID_NAMES)('the checker of templates accepts %s as a string', (_, name) => {
  expect(problemsAfter(topicNamed(name))).toEqual([]);
});

test.each(SCHEMA_MISTAKES)('the checker of schemas rejects %s', (_, change, problem) => {
  expect(problemsAfter(change, schemaProblems)).toEqual([problem]);
});
