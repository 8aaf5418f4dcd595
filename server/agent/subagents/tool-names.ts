/** The tools by which agents call in agents. */
export const subagentToolNames: ReadonlySet<string> = new Set([
  'SpawnAgent',
  'SendToAgent',
  'WaitForAgents',
  'CloseAgent',
  'ListAgents',
]);

/** They write what the session itself remembers: a sub-agent has no say there. */
export const personalTools: ReadonlySet<string> = new Set(['TodoWrite', 'Note']);
