import { operations } from './operations/index.ts';

declare const AltairGraphQL: { init(options: object): unknown };

/** Starts the IDE with the prepared operations, one per tab. */
export function startAltair(endpoint: URL): void {
  const common = {
    endpointURL: endpoint.href,
    subscriptionsEndpoint: endpoint.href,
    initialSubscriptionRequestHandlerId: 'graphql-sse',
  };
  arrange();
  AltairGraphQL.init({
    ...common,
    // Nothing of what is typed or answered outlives the page.
    preserveState: false,
    disableAccount: true,
    initialSettings: { theme: 'system', language: 'en-US', addQueryDepthLimit: 2, tabSize: 2 },
    initialWindows: operations.map(({ name, text, variables }) => ({
      ...common,
      initialName: name,
      initialQuery: text,
      initialVariables: JSON.stringify(variables, null, 2),
    })),
  });
}

/**
 * Shows the first tab and, in each, the variables and the schema, both of which Altair leaves out at first: it has no options for
 * this, so its buttons are pressed.
 */
function arrange(): void {
  const seen = new WeakSet<Element>();
  let chosen = false;
  new MutationObserver(() => {
    const tabs = document.querySelectorAll<HTMLElement>(
      '.window-switcher__item:has([track-id=close_window_tab])',
    );
    if (!chosen && tabs.length === operations.length) {
      chosen = true;
      tabs[0]?.click();
    }
    for (const shown of document.querySelectorAll('app-window')) {
      const variables = shown.querySelector<HTMLElement>('[track-id=toggle_variables]');
      if (variables === null || seen.has(variables)) continue;
      seen.add(variables);
      variables.click();
      shown.querySelector<HTMLElement>('[track-id=reload_docs]')?.click();
    }
  }).observe(document.body, { childList: true, subtree: true });
}
