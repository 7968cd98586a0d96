/** As in `test-beds.ts`: 64 services, half of which hardly anybody asks. */
export const TRAIN_TICKET = `
users ts-ui-dashboard/search*0.45 ts-ui-dashboard/searchOther*0.15 ts-ui-dashboard/plan*0.1 ts-ui-dashboard/login*0.1 ts-ui-dashboard/preserve*0.07 ts-ui-dashboard/preserveOther*0.04 ts-ui-dashboard/orders*0.08 ts-ui-dashboard/pay*0.05 ts-ui-dashboard/cancel*0.03 ts-ui-dashboard/consign*0.03 ts-ui-dashboard/admin*0.03 ts-ui-dashboard/other*0.02
ts-ui-dashboard node search 2 ts-gateway-service/search
ts-ui-dashboard node searchOther 2 ts-gateway-service/searchOther
ts-ui-dashboard node plan 2 ts-gateway-service/plan
ts-ui-dashboard node login 2 ts-gateway-service/login
ts-ui-dashboard node preserve 2 ts-gateway-service/preserve
ts-ui-dashboard node preserveOther 2 ts-gateway-service/preserveOther
ts-ui-dashboard node orders 2 ts-gateway-service/orders
ts-ui-dashboard node pay 2 ts-gateway-service/pay
ts-ui-dashboard node cancel 2 ts-gateway-service/cancel
ts-ui-dashboard node consign 2 ts-gateway-service/consign
ts-ui-dashboard node admin 2 ts-gateway-service/admin
ts-ui-dashboard node other 2 ts-gateway-service/other
ts-gateway-service java search 2 ts-travel-service/query
ts-gateway-service java searchOther 2 ts-travel2-service/query
ts-gateway-service java plan 2 ts-travel-plan-service/plan
ts-gateway-service java login 2 ts-auth-service/login
ts-gateway-service java preserve 2 ts-preserve-service/preserve
ts-gateway-service java preserveOther 2 ts-preserve-other-service/preserve
ts-gateway-service java orders 2 ts-order-service/query ts-order-other-service/query
ts-gateway-service java pay 2 ts-inside-payment-service/pay ts-execute-service/execute
ts-gateway-service java cancel 2 ts-cancel-service/cancel ts-rebook-service/rebook*0.5
ts-gateway-service java consign 2 ts-consign-service/insert ts-voucher-service/get*0.5
ts-gateway-service java admin 2 ts-admin-basic-info-service/list ts-admin-order-service/list ts-admin-route-service/list ts-admin-travel-service/list ts-admin-user-service/list
ts-gateway-service java other 2 ts-news-service/get ts-avatar-service/get ts-ticket-office-service/get ts-wait-order-service/list ts-food-delivery-service/list
ts-auth-service java login 9 ts-verification-code-service/verify ts-auth-mongo/find
ts-verification-code-service java verify 2
ts-user-service java get 3 ts-auth-service/login*0.1 ts-user-mongo/find
ts-travel-service java query 6 ts-route-service/get*2 ts-train-service/get ts-basic-service/query ts-seat-service/left*2 tsdb-mysql/query
ts-travel2-service java query 6 ts-route-service/get*2 ts-train-service/get ts-basic-service/query ts-seat-service/left*2 ts-travel2-mongo/find
ts-travel-plan-service java plan 6 ts-route-plan-service/plan ts-train-service/get ts-seat-service/left
ts-route-plan-service java plan 5 ts-travel-service/query ts-travel2-service/query ts-route-service/get*2
ts-basic-service java query 4 ts-station-service/get*2 ts-train-service/get ts-route-service/get ts-price-service/get
ts-station-service java get 2 ts-station-mongo/find
ts-train-service java get 2 tsdb-mysql/query
ts-route-service java get 2 ts-route-mongo/find
ts-price-service java get 2 ts-price-mongo/find
ts-config-service java get 2 ts-config-mongo/find
ts-seat-service java left 4 ts-order-service/tickets*0.6 ts-order-other-service/tickets*0.4 ts-config-service/get
ts-order-service java tickets 3 ts-order-mongo/find
ts-order-service java query 4 ts-order-mongo/find ts-station-service/get
ts-order-service java create 4 ts-order-mongo/insert
ts-order-other-service java tickets 3 ts-order-other-mongo/find
ts-order-other-service java query 4 ts-order-other-mongo/find ts-station-service/get
ts-order-other-service java create 4 ts-order-other-mongo/insert
ts-preserve-service java preserve 8 ts-security-service/check ts-contacts-service/get ts-travel-service/query ts-basic-service/query ts-seat-service/left ts-order-service/create ts-assurance-service/create ts-food-service/create ts-consign-service/insert*0.5 ts-user-service/get ts-notification-service/send
ts-preserve-other-service java preserve 8 ts-security-service/check ts-contacts-service/get ts-travel2-service/query ts-basic-service/query ts-seat-service/left ts-order-other-service/create ts-assurance-service/create ts-food-service/create ts-user-service/get ts-notification-service/send
ts-security-service java check 3 ts-order-service/query ts-order-other-service/query ts-security-mongo/find
ts-contacts-service java get 2 ts-contacts-mongo/find
ts-assurance-service java create 3 ts-assurance-mongo/insert
ts-food-service java create 3 ts-station-food-service/get ts-train-food-service/get ts-travel-service/query*0.2 tsdb-mysql/query
ts-station-food-service java get 2 tsdb-mysql/query
ts-train-food-service java get 2 tsdb-mysql/query
ts-food-delivery-service java list 2 tsdb-mysql/query
ts-consign-service java insert 3 ts-consign-price-service/get ts-consign-mongo/insert
ts-consign-price-service java get 2 tsdb-mysql/query
ts-notification-service java send 4 ts-rabbitmq/publish
ts-inside-payment-service java pay 5 ts-order-service/query ts-payment-service/pay ts-inside-payment-mongo/insert
ts-payment-service java pay 3 ts-payment-mongo/insert
ts-execute-service java execute 3 ts-order-service/query ts-order-other-service/query*0.3
ts-cancel-service java cancel 5 ts-order-service/query ts-inside-payment-service/pay ts-user-service/get ts-notification-service/send
ts-rebook-service java rebook 6 ts-order-service/query ts-travel-service/query ts-seat-service/left ts-inside-payment-service/pay
ts-voucher-service python get 3 ts-order-service/query ts-voucher-mysql/query
ts-admin-basic-info-service java list 3 ts-station-service/get ts-train-service/get ts-config-service/get ts-price-service/get ts-contacts-service/get
ts-admin-order-service java list 3 ts-order-service/query ts-order-other-service/query
ts-admin-route-service java list 3 ts-route-service/get ts-station-service/get
ts-admin-travel-service java list 3 ts-travel-service/query ts-travel2-service/query
ts-admin-user-service java list 3 ts-user-service/get
ts-delivery-service java deliver 3 tsdb-mysql/query
ts-wait-order-service java list 3 tsdb-mysql/query
ts-news-service go get 1
ts-avatar-service python get 3
ts-ticket-office-service node get 2
ts-rabbitmq store publish 1 ts-delivery-service/deliver
tsdb-mysql store query 1
ts-voucher-mysql store query 1
ts-auth-mongo store find 1
ts-user-mongo store find 1
ts-travel2-mongo store find 1
ts-station-mongo store find 1
ts-route-mongo store find 1
ts-price-mongo store find 1
ts-config-mongo store find 1
ts-order-mongo store find 1
ts-order-mongo store insert 1
ts-order-other-mongo store find 1
ts-order-other-mongo store insert 1
ts-security-mongo store find 1
ts-contacts-mongo store find 1
ts-assurance-mongo store insert 1
ts-consign-mongo store insert 1
ts-inside-payment-mongo store insert 1
ts-payment-mongo store insert 1
`;
