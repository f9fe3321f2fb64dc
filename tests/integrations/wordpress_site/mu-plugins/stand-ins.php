<?php
/**
 * Stands in for WooCommerce, Action Scheduler and the WP Consent API, which Debian doesn't have: their functions, and
 * their hooks fired by requests. stand-ins.json beside it says which of them are there.
 */

add_filter( 'pre_wp_mail', '__return_true' );

function stand_in( string $name ) {
	static $told;
	$told = $told ?? json_decode( file_get_contents( __DIR__ . '/stand-ins.json' ), true );
	return $told[ $name ] ?? null;
}

add_action(
	'init',
	static function () {
		register_post_type( 'product', array( 'public' => true, 'label' => 'Products' ) );
		register_taxonomy( 'product_cat', 'product', array( 'public' => true, 'hierarchical' => true ) );
	}
);

function is_product() {
	return is_singular( 'product' );
}

function is_account_page() {
	return isset( $_GET['account'] );
}

function is_wc_endpoint_url() {
	return isset( $_GET['order-received'] );
}

if ( stand_in( 'consent' ) ) {
	function wp_has_consent( $category ) {
		return 'allow' === ( $_COOKIE[ 'wp_consent_' . $category ] ?? '' );
	}
	add_action(
		'wp_enqueue_scripts',
		static function () {
			wp_register_script( 'wp-consent-api', content_url( 'mu-plugins/consent.js' ), array(), '1', true );
		},
		PHP_INT_MAX - 50
	);
}

if ( stand_in( 'actions' ) ) {
	function as_enqueue_async_action( $hook, $args = array(), $group = '' ) {
		return as_schedule_single_action( 0, $hook, $args, $group );
	}
	function as_schedule_single_action( $timestamp, $hook, $args = array(), $group = '' ) {
		if ( strlen( json_encode( $args ) ) > 8000 ) {
			throw new InvalidArgumentException( 'Too long.' );
		}
		$kept = get_option( 'stand_in_actions', array() );
		$kept[] = compact( 'timestamp', 'hook', 'args', 'group' );
		update_option( 'stand_in_actions', $kept );
		return count( $kept );
	}
}

/** An order as wc_get_order gives it; made from what its webhook says. */
class Stand_In_Order {
	private $said;
	public function __construct( array $said ) {
		$this->said = $said;
	}
	public function get_id() {
		return $this->said['id'];
	}
	public function get_status() {
		return $this->said['status'];
	}
	public function get_total() {
		return $this->said['total'];
	}
	public function get_customer_id() {
		return $this->said['customer_id'];
	}
	public function get_customer_ip_address() {
		return $this->said['customer_ip_address'];
	}
	public function get_customer_user_agent() {
		return $this->said['customer_user_agent'];
	}
	public function get_date_created() {
		return new DateTimeImmutable( $this->said['date_created_gmt'] . 'Z' );
	}
	public function get_items( $type ) {
		return array_map(
			static function ( $line ) {
				return new Stand_In_Line( $line );
			},
			'line_item' === $type ? $this->said['line_items'] : array()
		);
	}
	public function get_meta( $key ) {
		foreach ( $this->said['meta_data'] as $each ) {
			if ( $key === $each['key'] ) {
				return $each['value'];
			}
		}
		return '';
	}
	public function update_meta_data( $key, $value ) {
		$this->said['meta_data'][] = compact( 'key', 'value' );
	}
	public function save() {
		update_option( 'stand_in_order_' . $this->get_id(), $this->said );
	}
}

class Stand_In_Line {
	private $said;
	public function __construct( array $said ) {
		$this->said = $said;
	}
	public function get_product_id() {
		return $this->said['product_id'];
	}
	public function get_variation_id() {
		return $this->said['variation_id'];
	}
	public function get_quantity() {
		return $this->said['quantity'];
	}
}

function wc_get_order( $id ) {
	$said = get_option( 'stand_in_order_' . $id );
	if ( 'broken' === $said ) {
		throw new RuntimeException( 'The order is broken.' );
	}
	return $said ? new Stand_In_Order( $said ) : false;
}

/** What a request is about: ?stand_in=NAME with a JSON body. */
function stand_in_deed( string $name, $told ) {
	switch ( $name ) {
		case 'fire': // Hooks with their arguments; "cart" is the cart.
			$cart = (object) array( 'cart_contents' => $told['cart'] ?? array() );
			foreach ( $told['hooks'] as $hook ) {
				$arguments = array_map(
					static function ( $each ) use ( $cart ) {
						return 'cart' === $each ? $cart : $each;
					},
					$hook
				);
				do_action( ...$arguments );
			}
			break;
		case 'place': // An order is placed at the check-out, unpaid.
			$order = new Stand_In_Order( array( 'status' => 'pending' ) + $told );
			do_action( 'woocommerce_checkout_create_order', $order, array() );
			$order->save();
			break;
		case 'pay': // Its payment is confirmed.
			$said = array( 'status' => $told['status'] ) + get_option( 'stand_in_order_' . $told['id'] );
			update_option( 'stand_in_order_' . $told['id'], $said );
			do_action( 'woocommerce_order_status_changed', $told['id'], 'pending', $told['status'], wc_get_order( $told['id'] ) );
			break;
		case 'break':
			update_option( 'stand_in_order_' . $told['id'], 'broken' );
			break;
		case 'actions': // What Action Scheduler keeps, which is then forgotten.
			$kept = get_option( 'stand_in_actions', array() );
			delete_option( 'stand_in_actions' );
			return $kept;
		case 'run':
			do_action_ref_array( $told['hook'], $told['args'] );
			break;
		case 'option':
			return get_option( $told['name'], null );
		case 'set':
			update_option( $told['name'], $told['value'] );
			break;
	}
	return true;
}

add_action(
	'template_redirect',
	static function () {
		if ( isset( $_GET['stand_in'] ) ) {
			$answer = stand_in_deed( $_GET['stand_in'], json_decode( file_get_contents( 'php://input' ), true ) );
			header( 'Content-Type: application/json' );
			echo json_encode( $answer );
			exit;
		}
	},
	20
);
