// The gateway of the example, which also shares one answer between identical requests of clients. That it shares those of
// subgraphs is its default.
import { defineConfig } from '@graphql-hive/gateway';
import { gatewayConfig as example } from '../../gateway.config.ts';

export const gatewayConfig = defineConfig({ ...example, inboundInflightRequestDeduplication: true });
