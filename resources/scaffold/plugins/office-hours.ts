// An example of a plugin: it answers /hours without a model, tells every agent when the office is open, and brings one
// tool along. It runs inside the server with all the server's rights. See docs/plugins.md of Agentrail for every hook.
export default ({ z, defineTool }) => ({
  name: 'office-hours',
  version: '1.0.0',
  interceptChatRequest({ message }) {
    if (message.trim() !== '/hours') return undefined;
    return { reply: 'We are here from nine to five.' };
  },
  contextProviders: [{ name: 'hours', provide: () => 'The office is open from nine to five.' }],
  tools: [
    defineTool({
      name: 'IsOfficeOpen',
      description: 'Tells whether the office is open at an hour of the day.',
      inputSchema: z.object({ hour: z.number().int().min(0).max(23) }),
      reach: 'inform',
      execute: async ({ hour }) => ({
        content: [{ type: 'text', text: hour >= 9 && hour < 17 ? 'It is open.' : 'It is closed.' }],
      }),
    }),
  ],
});
