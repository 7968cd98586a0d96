/**
 * The shapes of the test beds that published data sets come from: `service runtime operation ms calls…`, a call being
 * `service/operation` with `*N` for N calls, or N % of the requests where N is below 1, and `?` where the caller does without it. Lines with `users` say what is
 * asked of whom, and how often. Names and calls after the projects' own documentation.
 */
export const ONLINE_BOUTIQUE = `
users frontend/home*0.2 frontend/product*0.5 frontend/viewCart*0.15 frontend/addToCart*0.1 frontend/checkout*0.05
frontend go home 4 currencyservice/GetSupportedCurrencies productcatalogservice/ListProducts cartservice/GetCart currencyservice/Convert*4 adservice/GetAds?
frontend go product 3 productcatalogservice/GetProduct currencyservice/GetSupportedCurrencies cartservice/GetCart currencyservice/Convert recommendationservice/ListRecommendations? adservice/GetAds?
frontend go viewCart 3 currencyservice/GetSupportedCurrencies cartservice/GetCart recommendationservice/ListRecommendations? shippingservice/GetQuote productcatalogservice/GetProduct*2 currencyservice/Convert*2
frontend go addToCart 2 productcatalogservice/GetProduct cartservice/AddItem
frontend go checkout 3 checkoutservice/PlaceOrder recommendationservice/ListRecommendations?
checkoutservice go PlaceOrder 4 cartservice/GetCart productcatalogservice/GetProduct*2 currencyservice/Convert*3 shippingservice/GetQuote paymentservice/Charge shippingservice/ShipOrder cartservice/EmptyCart emailservice/SendOrderConfirmation?
recommendationservice python ListRecommendations 6 productcatalogservice/ListProducts
productcatalogservice go ListProducts 2
productcatalogservice go GetProduct 1
currencyservice node GetSupportedCurrencies 1
currencyservice node Convert 1
cartservice dotnet GetCart 2 redis-cart/HGET
cartservice dotnet AddItem 2 redis-cart/HGET redis-cart/HMSET
cartservice dotnet EmptyCart 2 redis-cart/HMSET
adservice java GetAds 3
shippingservice go GetQuote 1
shippingservice go ShipOrder 1
paymentservice node Charge 2
emailservice python SendOrderConfirmation 5
redis-cart store HGET 0.4
redis-cart store HMSET 0.4
`;

export const SOCK_SHOP = `
users front-end/home*0.4 front-end/detail*0.3 front-end/login*0.1 front-end/basket*0.15 front-end/order*0.05
front-end node home 3 catalogue/list catalogue/tags? carts/get
front-end node detail 3 catalogue/get carts/get
front-end node login 3 user/login carts/merge
front-end node basket 3 carts/get catalogue/get carts/add
front-end node order 4 orders/create carts/delete
catalogue go list 2 catalogue-db/query
catalogue go tags 1 catalogue-db/query
catalogue go get 1 catalogue-db/query
carts java get 4 carts-db/find
carts java add 5 carts-db/find carts-db/update
carts java merge 5 carts-db/find carts-db/update
carts java delete 4 carts-db/update
user go login 3 user-db/find
user go customer 2 user-db/find*3
orders java create 8 user/customer*3 carts/get payment/authorise shipping/ship orders-db/insert
payment go authorise 1
shipping java ship 3 rabbitmq/publish
queue-master java consume 3
catalogue-db store query 1
carts-db store find 1
carts-db store update 2
user-db store find 1
orders-db store insert 2
rabbitmq store publish 1 queue-master/consume
`;

export const OPENTELEMETRY_DEMO = `
users frontend-proxy/ingress
frontend-proxy cpp ingress 1 frontend/home*0.3 frontend/product*0.4 frontend/cart*0.2 frontend/checkout*0.1
frontend node home 4 product-catalog/ListProducts currency/GetSupported ad/GetAds?
frontend node product 4 product-catalog/GetProduct recommendation/List? currency/Convert ad/GetAds?
frontend node cart 3 cart/GetCart product-catalog/GetProduct*2 cart/AddItem
frontend node checkout 4 checkout/PlaceOrder
checkout go PlaceOrder 5 cart/GetCart product-catalog/GetProduct*2 currency/Convert*3 shipping/GetQuote payment/Charge shipping/ShipOrder email/send? cart/EmptyCart kafka/publish
recommendation python List 6 product-catalog/ListProducts flagd/Resolve
product-catalog go ListProducts 2 flagd/Resolve
product-catalog go GetProduct 1 flagd/Resolve
currency cpp GetSupported 1
currency cpp Convert 1
cart dotnet GetCart 2 valkey-cart/HGET
cart dotnet AddItem 2 valkey-cart/HGET valkey-cart/HMSET
cart dotnet EmptyCart 2 valkey-cart/HMSET
ad java GetAds 3 flagd/Resolve
shipping rust GetQuote 1 quote/calculate
shipping rust ShipOrder 1
quote php calculate 2
payment node Charge 2 flagd/Resolve
email ruby send 5
accounting dotnet consume 3
fraud-detection java consume 3 flagd/Resolve
flagd go Resolve 0.6
kafka store publish 1 accounting/consume fraud-detection/consume
valkey-cart store HGET 0.4
valkey-cart store HMSET 0.4
`;
