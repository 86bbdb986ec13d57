/** Where operations are sent: beside the page's folder, whatever path a proxy gives both. */
export const endpoint = new URL('../graphql', document.baseURI);
