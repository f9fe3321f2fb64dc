<?php
/**
 * Plugin Name:       Dojo Interactions
 * Description:       Sends page views, searches, product views, carts and orders to your Dojo, with your visitors' consent.
 * Version:           1.0.0
 * Requires at least: 6.0
 * Requires PHP:      7.4
 * Author:            The Dojo authors
 * License:           GPL-2.0-or-later
 * License URI:       https://www.gnu.org/licenses/gpl-2.0.html
 * Text Domain:       dojo-interactions
 *
 * @package Dojo_Interactions
 */

defined( 'ABSPATH' ) || exit;

define( 'DOJO_INTERACTIONS_VERSION', '1.0.0' );
define( 'DOJO_INTERACTIONS_FILE', __FILE__ );

foreach ( array( 'guard', 'settings', 'consent', 'visitor', 'client', 'queue', 'record', 'pages', 'sign-in', 'cart', 'orders' ) as $dojo_interactions_part ) {
	require_once __DIR__ . '/includes/class-dojo-interactions-' . $dojo_interactions_part . '.php';
}
unset( $dojo_interactions_part );

Dojo_Interactions_Consent::register();
Dojo_Interactions_Queue::register();

if ( Dojo_Interactions_Settings::sends_pages() ) {
	Dojo_Interactions_Pages::register();
}
if ( Dojo_Interactions_Settings::sends_from_server() ) {
	Dojo_Interactions_Sign_In::register();
	Dojo_Interactions_Cart::register();
	Dojo_Interactions_Orders::register();
}

if ( is_admin() ) {
	require_once __DIR__ . '/includes/class-dojo-interactions-admin.php';
	require_once __DIR__ . '/includes/class-dojo-interactions-trial.php';
	Dojo_Interactions_Admin::register();
	Dojo_Interactions_Trial::register();
}

add_action(
	'before_woocommerce_init',
	static function () {
		if ( class_exists( '\Automattic\WooCommerce\Utilities\FeaturesUtil' ) ) {
			\Automattic\WooCommerce\Utilities\FeaturesUtil::declare_compatibility( 'custom_order_tables', DOJO_INTERACTIONS_FILE, true );
			\Automattic\WooCommerce\Utilities\FeaturesUtil::declare_compatibility( 'cart_checkout_blocks', DOJO_INTERACTIONS_FILE, true );
		}
	}
);
